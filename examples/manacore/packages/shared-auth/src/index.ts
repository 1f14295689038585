// Access tokens: mana-core-auth signs them, every backend verifies them.
export { parseKeys, type KeyTexts, type TokenKeys } from './keys.ts';
export { createSigner, type Claims, type TokenSigner } from './signer.ts';
export { bearerToken, chooseVerifier, localVerifier, remoteVerifier, type TokenVerifier } from './verifier.ts';
