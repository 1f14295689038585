// Text for people.

/** The text, or its beginning and an ellipsis: at most `limit` characters. */
export function excerpt(text: string, limit: number): string {
  const characters = [...text];
  if (characters.length <= limit) return text;
  return `${characters.slice(0, limit - 1).join('').trimEnd()}…`;
}

/** "1 message", "2 messages". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
