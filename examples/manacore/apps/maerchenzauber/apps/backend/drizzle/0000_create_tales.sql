CREATE TABLE "tales" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"hero" text NOT NULL,
	"wish" text NOT NULL,
	"text" text NOT NULL
);
--> statement-breakpoint
CREATE INDEX "tales_created_at" ON "tales" USING btree ("created_at" DESC NULLS FIRST);