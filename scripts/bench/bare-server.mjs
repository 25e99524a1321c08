// The ruler of the check bench: bare node:http that reads the same body and answers as many bytes.
import { createServer } from 'node:http';

const answer = Buffer.alloc(Number(process.argv[2] ?? 300), 120);
const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    Buffer.concat(parts);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
    response.end(answer);
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`));
