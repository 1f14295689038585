// A Sentry for tests.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface Received {
  path: string;
  auth: string;
  body: string;
}

/** What it is told from now on until the test ends, and the DSN of its project 42. */
export async function receiving(t: TestContext): Promise<{ received: Received[]; dsn: string }> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    received.push({ path: request.url!, auth: String(request.headers['x-sentry-auth']), body: Buffer.concat(chunks).toString() });
    response.end('{}');
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return { received, dsn: `http://key@127.0.0.1:${(server.address() as AddressInfo).port}/42` };
}
