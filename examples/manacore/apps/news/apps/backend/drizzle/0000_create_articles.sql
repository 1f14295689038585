CREATE TABLE "articles" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"title" text NOT NULL,
	"address" text NOT NULL,
	"beginning" text NOT NULL,
	"minutes" integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX "articles_created_at" ON "articles" USING btree ("created_at" DESC NULLS FIRST);