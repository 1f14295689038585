import adapter from '@sveltejs/adapter-node';
import { kit } from '@manacore/shared-web/kit.js';

export default { kit: { ...kit, adapter: adapter() } };
