// Credits that are bought: Stripe takes the money, and is asked whether it has.
import { AppError } from '@manacore/shared-errors';

export const PAYMENTS = Symbol('payments');

const STRIPE = 'https://api.stripe.com';
const CENTS_PER_CREDIT = 1;
const PATIENCE = 10_000;

export interface Payments {
  /** A checkout, at whose address the user pays, and comes back to `returnTo`. */
  begin(userId: string, purchase: { credits: number; returnTo: string }): Promise<{ checkout: string; url: string }>;
  /** The credits that a checkout has paid for; throws an AppError when it is another user's, or is not paid. */
  paid(userId: string, checkout: string): Promise<number>;
}

/** The part of Stripe's checkout sessions that is read here. */
interface Session {
  id: string;
  url: string | null;
  payment_status: string;
  client_reference_id: string | null;
  metadata: { credits?: string } | null;
}

/** Without a key nothing can be bought. */
export function createPayments(secretKey: string | undefined, address = STRIPE): Payments {
  const ask = async (path: string, form?: Record<string, string>): Promise<Session> => {
    if (!secretKey) throw new AppError('unavailable', 'Nothing can be bought here.');
    const response = await fetch(new URL(path, address), {
      method: form ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${secretKey}` },
      ...(form && { body: new URLSearchParams(form) }),
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (response.status === 404) throw new AppError('not-found', 'There is no such checkout.');
    if (!response.ok) throw new AppError('unavailable', 'Nothing can be bought now.', { cause: `Stripe answered ${response.status}` });
    return (await response.json()) as Session;
  };
  return {
    async begin(userId, { credits, returnTo }) {
      const { id, url } = await ask('/v1/checkout/sessions', checkoutForm(userId, { credits, returnTo }));
      return { checkout: id, url: url ?? returnTo };
    },
    async paid(userId, checkout) {
      const session = await ask(`/v1/checkout/sessions/${encodeURIComponent(checkout)}`);
      if (session.client_reference_id !== userId) throw new AppError('not-found', 'There is no such checkout.');
      if (session.payment_status !== 'paid') throw new AppError('conflict', 'It is not paid yet.');
      return Number(session.metadata?.credits ?? 0);
    },
  };
}

/** Stripe takes forms; what is paid for stands in the metadata, which only whoever has the secret key can write. */
function checkoutForm(userId: string, { credits, returnTo }: { credits: number; returnTo: string }): Record<string, string> {
  return {
    mode: 'payment',
    success_url: returnTo,
    cancel_url: returnTo,
    client_reference_id: userId,
    'metadata[credits]': String(credits),
    'line_items[0][quantity]': String(credits),
    'line_items[0][price_data][currency]': 'eur',
    'line_items[0][price_data][unit_amount]': String(CENTS_PER_CREDIT),
    'line_items[0][price_data][product_data][name]': 'Credits',
  };
}
