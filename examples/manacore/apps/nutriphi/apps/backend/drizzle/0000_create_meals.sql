CREATE TABLE "meals" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"name" text NOT NULL,
	"protein" real NOT NULL,
	"carbohydrates" real NOT NULL,
	"fat" real NOT NULL,
	"kilocalories" integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX "meals_created_at" ON "meals" USING btree ("created_at" DESC NULLS FIRST);