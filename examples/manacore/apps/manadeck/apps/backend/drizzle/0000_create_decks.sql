CREATE TABLE "decks" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"title" text NOT NULL,
	"cards" jsonb NOT NULL
);
--> statement-breakpoint
CREATE INDEX "decks_created_at" ON "decks" USING btree ("created_at" DESC NULLS FIRST);