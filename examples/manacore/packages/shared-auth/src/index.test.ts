import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { bearerToken, createSigner, localVerifier, parseKeys, remoteVerifier } from './index.ts';

const claims = { id: 'u1', email: 'ada@example.com', sessionId: 's1' };
const pair = generateKeyPairSync('ed25519', {
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

test('a token that was signed with the secret is verified with it', async () => {
  const keys = parseKeys({ jwtSecret: 'a secret for this test' })!;
  const token = await createSigner(keys)(claims, 60);
  assert.deepEqual(await localVerifier(keys)(token), claims);
});

test('a public key verifies what the private key signed, with escaped line ends too', async () => {
  const token = await createSigner(parseKeys({ jwtPrivateKey: pair.privateKey.replaceAll('\n', '\\n') })!)(claims, 60);
  assert.deepEqual(await localVerifier(parseKeys({ jwtPublicKey: pair.publicKey })!)(token), claims);
});

test('a laptop needs no key: what says that it is worthless is a pair of its own', async () => {
  const keys = parseKeys({ jwtPrivateKey: 'development-only-jwt-private-key' })!;
  const token = await createSigner(keys)(claims, 60);
  assert.deepEqual(await localVerifier(parseKeys({ jwtPrivateKey: 'development-only-jwt-private-key' })!)(token), claims);
  await assert.rejects(localVerifier(parseKeys({ jwtPrivateKey: 'development-only-another' })!)(token), { code: 'unauthorized' });
});

test('a foreign or expired token is refused', async () => {
  const keys = parseKeys({ jwtSecret: 'one' })!;
  const verify = localVerifier(keys);
  const foreign = await createSigner(parseKeys({ jwtSecret: 'two' })!)(claims, 60);
  const expired = await createSigner(keys)(claims, -60);
  await assert.rejects(verify(foreign), { code: 'unauthorized' });
  await assert.rejects(verify(expired), { code: 'unauthorized' });
});

test('a public key does not sign, and a key that is no PEM is named', () => {
  assert.throws(() => createSigner(parseKeys({ jwtPublicKey: pair.publicKey })!), /only verifies/);
  assert.throws(() => parseKeys({ jwtPrivateKey: 'dev key' }), /JWT_PRIVATE_KEY is not a key in PEM format/);
});

test('mana-core-auth is asked when there is no key', async (t) => {
  const server = createServer((request, response) => {
    const known = request.headers.authorization === 'Bearer good' && request.url === '/api/me';
    response.writeHead(known ? 200 : 401).end(JSON.stringify({ user: { id: 'u1', email: 'ada@example.com' } }));
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const verify = remoteVerifier(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  assert.deepEqual(await verify('good'), { id: 'u1', email: 'ada@example.com' });
  await assert.rejects(verify('bad'), { code: 'unauthorized' });
});

test('the bearer token is read from its header', () => {
  assert.equal(bearerToken('Bearer abc'), 'abc');
  assert.equal(bearerToken('Basic abc'), undefined);
  assert.equal(bearerToken(undefined), undefined);
});
