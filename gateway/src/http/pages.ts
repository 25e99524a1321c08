import { dirname, join } from 'node:path';
import { Router, type Response } from 'express';
import { GatewayError } from '../gateway-error';
import { policyOfPage, readVerifierPage } from '../verifier-page';
import { languageOf, type Language } from './problem';
import { PROBLEM_CODES, PROBLEMS, type ProblemCode } from './problem-table';
import { contextOf } from './request-context';

/** The files of swagger-ui that the pages use; served by ourselves, so that the policy stays `'self'`. */
const SWAGGER_FILES = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'] as const;
const SWAGGER_FOLDER = dirname(require.resolve('swagger-ui-dist/package.json'));

const DOCS_PAGE = `<!DOCTYPE html>
<html lang="zh">
<head><meta charset="utf-8"><title>Kesu 可溯 API</title><meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/docs/swagger-ui.css"><link rel="icon" type="image/png" href="/docs/favicon-32x32.png"></head>
<body><div id="swagger-ui"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>
`;
const DOCS_SCRIPT = `window.addEventListener('load', () => { window.ui = window.SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null }); });
`;

/** Pages for people: the API's documentation, the verifier, and one page for each problem code. */
export function pageRouter(): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.get('/docs', (request, response) => {
    contextOf(request).route = '/docs';
    sendText(response, 'text/html', DOCS_PAGE);
  });
  router.get('/docs/start.js', (request, response) => {
    contextOf(request).route = '/docs/start.js';
    sendText(response, 'text/javascript', DOCS_SCRIPT);
  });
  for (const file of SWAGGER_FILES) {
    router.get(`/docs/${file}`, (request, response) => {
      contextOf(request).route = `/docs/${file}`;
      response.sendFile(join(SWAGGER_FOLDER, file), { maxAge: '1h' });
    });
  }
  router.get('/verify', async (request, response) => {
    contextOf(request).route = '/verify';
    const page = await readVerifierPage();
    if (page === undefined) throw GatewayError.of('not-found', 'the page is not built: npm run build');
    // Its own policy, under which it reaches nobody, this gateway included; a header alone can forbid frames.
    response.setHeader('content-security-policy', `${policyOfPage(page)}; frame-ancestors 'none'`);
    sendText(response, 'text/html', page);
  });
  router.get('/problems/:code', (request, response) => {
    contextOf(request).route = '/problems/{code}';
    const code = PROBLEM_CODES.find((known) => known === request.params.code);
    if (code === undefined) throw GatewayError.of('not-found', 'there is no such problem');
    sendText(response, 'text/html', problemPage(code, languageOf(request.headers['accept-language'])));
  });
  return router;
}

function sendText(response: Response, type: string, text: string): void {
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'content-length': Buffer.byteLength(text), 'cache-control': 'public, max-age=300', vary: 'accept-language' });
  response.end(text);
}

function problemPage(code: ProblemCode, language: Language): string {
  const { status, titleZh, titleEn } = PROBLEMS[code];
  const [first, second] = language === 'zh' ? [titleZh, titleEn] : [titleEn, titleZh];
  const api = language === 'zh' ? '接口文档' : 'API documentation';
  return `<!DOCTYPE html>
<html lang="${language}"><head><meta charset="utf-8"><title>${first}</title></head>
<body><h1>${first}</h1><p>${second}</p><dl><dt>code</dt><dd>${code}</dd><dt>HTTP</dt><dd>${status}</dd></dl><p><a href="/docs">${api}</a></p></body></html>
`;
}
