import type { Command } from 'commander';
import { readConfiguration } from '../config';
import { print } from './output';

/** `kesu config check`: reads the configuration as a start would and prints it. */
export function addConfigCommand(program: Command): void {
  program
    .command('config')
    .description('the configuration')
    .command('check')
    .option('--json', 'one JSON value')
    .description('read kesu.yaml and the environment as a start would')
    .action((options: { json?: boolean }) => {
      const configuration = readConfiguration(process.cwd(), {}, process.env);
      print(configuration, Object.entries(configuration).map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`), options.json === true);
    });
}
