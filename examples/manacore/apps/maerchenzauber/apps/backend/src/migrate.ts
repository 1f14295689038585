// Brings the schema up to date.
import { runMigrationCommand } from '@manacore/shared-database';

await runMigrationCommand('maerchenzauber-backend', new URL('../drizzle', import.meta.url));
