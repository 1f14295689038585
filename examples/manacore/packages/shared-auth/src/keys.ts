// The keys of access tokens: a key pair, or one secret that all services share.
import { createHash, createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';

const ALGORITHMS: Record<string, string> = { rsa: 'RS256', ec: 'ES256', ed25519: 'EdDSA' };

/** Instead of a private key: what begins so is no secret, and a key pair is made of it, so that laptops need none. */
const WORTHLESS = 'development-only';
/** What a private key of Ed25519 begins with in PKCS #8 (RFC 8410, 7), its 32 bytes left out. */
const ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

export interface KeyTexts {
  jwtPrivateKey?: string | undefined;
  jwtPublicKey?: string | undefined;
  jwtSecret?: string | undefined;
}

export interface TokenKeys {
  algorithm: string;
  verify: KeyObject;
  /** Missing where only the public key is known. */
  sign?: KeyObject;
}

/** The keys in PEM or the secret; undefined when there is none. Throws when a key is no PEM. */
export function parseKeys({ jwtPrivateKey, jwtPublicKey, jwtSecret }: KeyTexts): TokenKeys | undefined {
  if (jwtPrivateKey) {
    const isWorthless = jwtPrivateKey.startsWith(WORTHLESS);
    const sign = isWorthless ? keyOf(jwtPrivateKey) : parsePem('JWT_PRIVATE_KEY', jwtPrivateKey, createPrivateKey);
    return { algorithm: algorithmOf('JWT_PRIVATE_KEY', sign), sign, verify: createPublicKey(sign as never) };
  }
  if (jwtPublicKey) {
    const verify = parsePem('JWT_PUBLIC_KEY', jwtPublicKey, createPublicKey);
    return { algorithm: algorithmOf('JWT_PUBLIC_KEY', verify), verify };
  }
  if (!jwtSecret) return undefined;
  const secret = createSecretKey(Buffer.from(jwtSecret));
  return { algorithm: 'HS256', sign: secret, verify: secret };
}

function keyOf(text: string): KeyObject {
  const bytes = createHash('sha256').update(text).digest();
  return createPrivateKey({ key: Buffer.concat([ED25519, bytes]), format: 'der', type: 'pkcs8' });
}

function parsePem(variable: string, pem: string, create: (pem: string) => KeyObject): KeyObject {
  try {
    // Environment files often carry the line ends of a PEM as the two characters \n.
    return create(pem.replaceAll('\\n', '\n'));
  } catch {
    throw new Error(`${variable} is not a key in PEM format.`);
  }
}

function algorithmOf(variable: string, key: KeyObject): string {
  const algorithm = ALGORITHMS[key.asymmetricKeyType ?? ''];
  if (!algorithm) throw new Error(`${variable} is of type ${key.asymmetricKeyType}; use rsa, ec or ed25519.`);
  return algorithm;
}
