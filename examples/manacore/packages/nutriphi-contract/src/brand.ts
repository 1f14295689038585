// How nutriphi looks.

export const brand = { name: 'NutriPhi', tagline: 'What you eat, in numbers.', colour: '#15803d' };
