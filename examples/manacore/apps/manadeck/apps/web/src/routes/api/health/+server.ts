// Whether this server answers; the backend has a health check of its own.
import { text } from '@sveltejs/kit';

export const GET = () => text('OK');
