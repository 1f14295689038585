// How news looks.

export const brand = { name: 'ManaNews', tagline: 'Worth your time, and how much of it.', colour: '#1f2937' };
