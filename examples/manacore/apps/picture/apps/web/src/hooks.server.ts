// What happens to every request.
import { webHooks } from '@manacore/shared-web';

export const { handle, handleError } = webHooks('picture-web');
