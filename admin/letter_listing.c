/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/letter_listing.h"

#include <stdio.h>
#include <string.h>

const char *const letter_listing_columns[] = {
    "id", "avrs_id", "class", "type", "name", "size", "sha256", "posted", "deliveries", NULL};

static void add_electronic(json_t *deliveries, const struct letter *letter)
{
	json_t *delivery = json_object();

	(void)json_object_set_new(delivery, "kind", json_string("electronic"));
	(void)json_object_set_new(
	    delivery, "state", json_string(electronic_name(letter->electronic)));
	(void)json_object_set_new(delivery, "posted", listing_time_value(letter->posted));
	(void)json_object_set_new(delivery, "ended", listing_time_value(letter->electronic_ended));
	(void)json_array_append_new(deliveries, delivery);
}

static void add_paper(json_t *deliveries, const struct letter *letter)
{
	json_t *delivery = json_object();

	(void)json_object_set_new(delivery, "kind", json_string("paper"));
	(void)json_object_set_new(delivery, "state", json_string(paper_name(letter->paper)));
	(void)json_object_set_new(delivery, "reason", json_string(letter->paper_reason));
	(void)json_object_set_new(delivery, "queued", listing_time_value(letter->queued));
	(void)json_object_set_new(delivery, "ended", listing_time_value(letter->paper_ended));
	(void)json_array_append_new(deliveries, delivery);
}

static void add_deliveries(struct listing *listing, const struct letter *letter)
{
	json_t *deliveries = json_array();
	char text[64];

	if (letter->electronic)
		add_electronic(deliveries, letter);
	if (letter->paper)
		add_paper(deliveries, letter);
	(void)snprintf(text, sizeof(text), "%s%s%s",
	    letter->electronic ? electronic_name(letter->electronic) : "",
	    letter->electronic && letter->paper ? ", " : "", letter->paper ? "paper " : "");
	if (letter->paper)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s",
		    paper_name(letter->paper));
	listing_json(listing, deliveries, text);
}

void letter_listing_add(struct listing *listing, const struct letter *letter)
{
	listing_number(listing, letter->id);
	listing_text(listing, letter->avrs_id);
	listing_text(listing, letter_class_name(letter->class));
	listing_text(listing, letter->type);
	listing_text(listing, letter->name);
	listing_number(listing, letter->size);
	listing_text(listing, letter->sha256);
	listing_time(listing, letter->posted);
	add_deliveries(listing, letter);
	listing_end_row(listing);
}
