// How uload looks.

export const brand = { name: 'uLoad', tagline: 'Short links that last.', colour: '#0369a1' };
