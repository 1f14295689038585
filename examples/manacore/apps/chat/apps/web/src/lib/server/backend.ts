// The chat backend, as this server reaches it.
import { createBackend } from '@manacore/shared-web';
import { env } from '$env/dynamic/private';
import { env as publicEnv } from '$env/dynamic/public';

/** The address inside the network when there is one, else the one that browsers use. */
export const backend = createBackend(() => env.BACKEND_URL || publicEnv.PUBLIC_BACKEND_URL || 'http://localhost:3002');
