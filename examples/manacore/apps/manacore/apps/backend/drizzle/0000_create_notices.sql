CREATE TABLE "notices" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"text" text NOT NULL,
	"product" text NOT NULL
);
--> statement-breakpoint
CREATE INDEX "notices_created_at" ON "notices" USING btree ("created_at" DESC NULLS FIRST);