// How chat looks.

export const brand = { name: 'ManaChat', tagline: 'Talk to people and models.', colour: '#0f766e' };
