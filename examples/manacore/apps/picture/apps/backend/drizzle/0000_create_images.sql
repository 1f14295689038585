CREATE TABLE "images" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"prompt" text NOT NULL
);
--> statement-breakpoint
CREATE INDEX "images_created_at" ON "images" USING btree ("created_at" DESC NULLS FIRST);