// The server's side of a page that shows a product's records and adds to them; signing in and out beside it.
import { ApiError } from '@manacore/shared-api';
import { signIn, signOut } from '@manacore/shared-auth-ui/session';
import { chooseLocale, type Locale } from '@manacore/shared-i18n';
import type { Parsed } from '@manacore/shared-types';
import { error, fail, type RequestEvent, type ServerLoadEvent } from '@sveltejs/kit';
import { backendAddress, clientOf, createBackend, SESSION } from './backend.ts';

export interface PageOptions {
  /** Where a developer's own backend listens. */
  port: number;
  /** The path of the records in the API. */
  path: string;
  /** Reads what the form sends; its mistakes are shown beside the form. */
  parse(form: unknown): Parsed<unknown>;
}

/** What a page knows besides its records. */
export interface PageState {
  locale: Locale;
  isSignedIn: boolean;
}

export function recordsPage<Records extends object>({ port, path, parse }: PageOptions) {
  const backend = createBackend(() => backendAddress(port));
  return {
    async load(event: ServerLoadEvent): Promise<Records & PageState> {
      try {
        const records = await backend.read<Records>(event, path);
        const locale = chooseLocale(event.request.headers.get('accept-language'));
        return { ...records, locale, isSignedIn: event.cookies.get(SESSION) !== undefined };
      } catch (cause) {
        if (cause instanceof ApiError) error(cause.status, cause.message);
        throw cause;
      }
    },
    actions: {
      async add(event: RequestEvent) {
        const form = Object.fromEntries(await event.request.formData());
        const { value, mistakes } = parse(form);
        if (mistakes) return fail(400, { form, mistakes });
        try {
          await backend.send(event, path, value);
        } catch (cause) {
          if (!(cause instanceof ApiError)) throw cause;
          return fail(cause.status, { form, mistakes: [cause.message, ...cause.details] });
        }
      },
      signIn: (event: RequestEvent) => signIn(event, clientOf(event)),
      signOut: (event: RequestEvent) => signOut(event, clientOf(event)),
    },
  };
}
