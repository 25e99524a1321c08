import type { Command } from 'commander';
import { commandsOf, readSummary } from '../demonstration';
import { placesOf } from '../stores';
import { CommandError, EXIT, print } from './output';
import { configurationOf, withStoreOptions } from './store-commands';

/** `kesu demo`: who is who in the demonstration, and its stories with the ids they left on the ledger. */
export function addDemoCommand(program: Command): void {
  withStoreOptions(program.command('demo'))
    .description('the demonstration: tokens, stories, commands that work')
    .action(async (options: { data?: string; keep?: string; json?: boolean }) => {
      const configuration = configurationOf(options);
      const summary = await readSummary(placesOf(configuration).demonstration);
      if (summary === undefined) throw new CommandError(EXIT.UNAVAILABLE, `there is no demonstration in ${configuration.data}: \`npm start\` makes one`);
      const commands = commandsOf(summary, configuration.origin);
      const stories = summary.stories.flatMap((story) => [
        '',
        `${story.titleZh} · ${story.titleEn}`,
        ...story.enterprises.map(({ slug, ref, keys }) => `  ${slug}  ${ref}  ${keys.join(' ')}`),
        ...story.steps.map((step) => `  ${step.at.slice(0, 10)}  ${step.zh}${step.ids.length === 0 ? '' : `  [${step.ids.join(', ')}]`}`),
      ]);
      const tokens = summary.tokens.map(({ token, id, zh }) => `${token.padEnd(26)} ${id.padEnd(34)} ${zh}`);
      print(summary, ['演示数据,非真实业务', '', ...tokens, ...stories, ...(commands === undefined ? [] : ['', commands.check, '', commands.release])], options.json === true);
    });
}
