// How manadeck looks.

export const brand = { name: 'ManaDeck', tagline: 'Learn it once, card by card.', colour: '#b45309' };
