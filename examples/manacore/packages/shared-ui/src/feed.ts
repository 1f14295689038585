// What a feed shows, whatever the product calls it.

export interface FeedEntry {
  id: string;
  title: string;
  text: string;
  time: Date;
  /** Where the title leads, if anywhere. */
  href?: string;
}
