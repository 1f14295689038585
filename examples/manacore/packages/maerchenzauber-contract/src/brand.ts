// How maerchenzauber looks.

export const brand = { name: 'Märchenzauber', tagline: 'A fairy tale for tonight.', colour: '#7c3aed' };
