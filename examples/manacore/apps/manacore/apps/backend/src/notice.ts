// A notice as it is stored.
/** The product of what is about all of them. */
export const EVERYTHING = 'everything';

export function makeNotice({ text, product = EVERYTHING }: { text: string; product?: string | undefined }): { text: string; product: string } {
  return { text, product };
}
