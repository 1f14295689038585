// How memoro looks.

export const brand = { name: 'Memoro', tagline: 'Say it now, find it later.', colour: '#be185d' };
