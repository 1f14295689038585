// The words of what all products show alike.
import type { Locale } from './locale.ts';

const english = {
  send: 'Send',
  nothing: 'Nothing is here yet.',
  email: 'E-mail',
  password: 'Password',
  signIn: 'Sign in',
  signOut: 'Sign out',
  open: 'Open',
  tryAgain: 'Try again',
};

export type Words = typeof english;

const BY_LOCALE: Record<Locale, Words> = {
  en: english,
  de: {
    send: 'Senden',
    nothing: 'Hier ist noch nichts.',
    email: 'E-Mail',
    password: 'Passwort',
    signIn: 'Anmelden',
    signOut: 'Abmelden',
    open: 'Öffnen',
    tryAgain: 'Nochmals versuchen',
  },
};

export function words(locale: Locale): Words {
  return BY_LOCALE[locale];
}
