// What a feed shows, whatever the product calls it.

export interface FeedEntry {
  id: string;
  author: string;
  text: string;
  time: Date;
}
