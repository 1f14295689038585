// What a product and its clients say to each other. Nothing here knows a server or a browser.
export { ApiError, createClient, type Client } from './client.ts';
export { address, list, number, optional, shape, words, type Rule, type ShapeOf } from './shape.ts';
