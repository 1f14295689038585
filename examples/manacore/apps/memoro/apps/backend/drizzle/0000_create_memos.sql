CREATE TABLE "memos" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"text" text NOT NULL,
	"title" text NOT NULL,
	"keywords" text[] NOT NULL
);
--> statement-breakpoint
CREATE INDEX "memos_created_at" ON "memos" USING btree ("created_at" DESC NULLS FIRST);