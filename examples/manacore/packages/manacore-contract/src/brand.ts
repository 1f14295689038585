// How manacore looks.

export const brand = { name: 'Manacore', tagline: 'One account for everything.', colour: '#4338ca' };
