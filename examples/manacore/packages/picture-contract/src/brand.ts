// How picture looks.

export const brand = { name: 'ManaPicture', tagline: 'Pictures from words.', colour: '#c2410c' };
