// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdbool.h>
#include <stddef.h>

/*
 * libyaml's parser as a stream of small events: its own are a union that needs a destructor, and its parser a struct of
 * several hundred bytes.
 */
enum cyaml_kind {
	CYAML_END,
	CYAML_DOCUMENT,
	CYAML_SCALAR,
	CYAML_SEQUENCE,
	CYAML_SEQUENCE_END,
	CYAML_MAPPING,
	CYAML_MAPPING_END,
	CYAML_ALIAS,
	/* `text` is what is wrong. */
	CYAML_ERROR,
};

struct cyaml_event {
	enum cyaml_kind kind;
	/* From 1. */
	size_t line;
	/* A scalar's UTF-8, which may hold NULs, until the next event is asked for. */
	const char *text;
	size_t length;
	/* A scalar without quotes, which may be null, a number or a boolean. */
	bool plain;
	bool anchored;
	bool tagged;
};

struct cyaml_parser;

/* NULL without memory. `text` must live as long as the parser. */
struct cyaml_parser *cyaml_open(const unsigned char *text, size_t length);
void cyaml_close(struct cyaml_parser *parser);

/* The next event; after CYAML_END or CYAML_ERROR there is none. */
struct cyaml_event cyaml_next(struct cyaml_parser *parser);
