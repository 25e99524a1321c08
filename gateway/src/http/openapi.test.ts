import { CHECK_PATHS } from './check-handler';
import * as limits from './limits';
import { PROBLEM_CODES } from './problem-table';
import { ROUTES } from './routes';
import { HttpWorld } from './testing/http-world';

interface Document {
  readonly openapi: string;
  readonly info: { readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string; readonly parameters?: readonly { readonly name: string; readonly in: string }[]; readonly requestBody?: object; readonly responses: object }>>>>;
}

describe('the OpenAPI document', () => {
  let world: HttpWorld;
  let document: Document;
  beforeAll(async () => {
    world = await HttpWorld.open();
    document = (await world.get('/openapi.json', undefined)).body as Document;
  });
  afterAll(() => world.dispose());

  const operations = () => Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, path, method, operation })));

  it('has the routes of the running server and no others', async () => {
    const checks = [`POST ${CHECK_PATHS.one}`, `POST ${CHECK_PATHS.list}`, `GET ${CHECK_PATHS.metadata}`];
    expect(operations().map(({ name }) => name).sort()).toEqual([...checks, ...ROUTES.map((route) => `${route.method} ${route.path}`)].sort());
    for (const { path, method, name } of operations()) {
      const filled = path.replaceAll(/\{\w+\}/g, 'x');
      const { status, body } = await world.send(method.toUpperCase(), filled, 'node', method === 'post' ? { body: '{}', headers: { 'content-type': 'application/json', 'idempotency-key': 'k' } } : {});
      expect([name, status]).not.toEqual([name, 405]);
      if (!path.includes('{')) expect([name, (body as { code?: string } | undefined)?.code]).not.toEqual([name, 'not-found']);
    }
  });

  it('names every route once', () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('says which requests need an idempotency key', () => {
    for (const route of ROUTES) {
      const parameters = document.paths[route.path]?.[route.method.toLowerCase()]?.parameters ?? [];
      expect([route.id, parameters.some((one) => one.in === 'header' && one.name === 'Idempotency-Key')]).toEqual([route.id, route.changes === true]);
      for (const name of route.path.matchAll(/\{(\w+)\}/g)) expect(parameters).toContainEqual(expect.objectContaining({ in: 'path', name: name[1] }));
    }
  });

  it('states every limit and every problem', () => {
    for (const [name, value] of Object.entries(limits)) {
      if (typeof value !== 'number' || ['STOP_MILLIS', 'UNREAD_MILLIS', 'FOLD_WAIT_MILLIS', 'KEEP_ALIVE_MILLIS', 'MAX_CHALLENGES', 'MAX_CACHED_TOKENS'].includes(name)) continue;
      expect(document.info.description).toContain(name);
    }
    for (const code of PROBLEM_CODES) expect(document.info.description).toContain(`\`${code}\``);
  });

  it('is OpenAPI 3.1 and holds no schema of the validator\'s own making twice', () => {
    expect(document.openapi).toBe('3.1.0');
    const { components } = document as unknown as { components: { schemas: Record<string, unknown> } };
    expect(Object.keys(components.schemas)).toEqual(expect.arrayContaining(['Problem', 'Position', 'AsOf']));
    expect(Object.keys(components.schemas).filter((name) => name.endsWith('Output'))).toEqual([]);
  });

  it('has pages served by ourselves, with nothing inline', async () => {
    const page = await world.get('/docs', undefined);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe');
    expect(page.text).not.toMatch(/<script>|<style| on\w+=|https?:\/\//);
    for (const [, path] of page.text.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const file = await fetch(world.url + path);
      expect([path, file.status]).toEqual([path, 200]);
      await file.arrayBuffer();
    }
  });

  it('has a page for each problem, in both languages', async () => {
    for (const code of PROBLEM_CODES) {
      for (const language of ['zh', 'en']) {
        const { status, text } = await world.send('GET', `/problems/${code}`, undefined, { headers: { 'accept-language': language } });
        expect([code, status, text.includes(`<html lang="${language}">`)]).toEqual([code, 200, true]);
      }
    }
    expect((await world.get('/problems/none', undefined)).status).toBe(404);
  });
});
