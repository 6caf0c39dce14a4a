// SPDX-License-Identifier: Apache-2.0
#include "CYAML.h"
#include <stdlib.h>
#include <yaml.h>

struct cyaml_parser {
	yaml_parser_t parser;
	/* Deleted when the next one is asked for: it owns the text. */
	yaml_event_t event;
};

struct cyaml_parser *cyaml_open(const unsigned char *text, size_t length)
{
	struct cyaml_parser *self = calloc(1, sizeof(*self));

	if (self && !yaml_parser_initialize(&self->parser)) {
		free(self);
		return NULL;
	}
	if (self)
		yaml_parser_set_input_string(&self->parser, text, length);
	return self;
}

void cyaml_close(struct cyaml_parser *self)
{
	yaml_event_delete(&self->event);
	yaml_parser_delete(&self->parser);
	free(self);
}

/* Faults of the encoding have no line but where the scanner is. */
static struct cyaml_event fault(const yaml_parser_t *parser)
{
	bool is_scanned = parser->error == YAML_SCANNER_ERROR || parser->error == YAML_PARSER_ERROR;

	return (struct cyaml_event){
		.kind = CYAML_ERROR,
		.line = (is_scanned ? parser->problem_mark.line : parser->mark.line) + 1,
		.text = parser->problem ? parser->problem : "out of memory",
	};
}

struct cyaml_event cyaml_next(struct cyaml_parser *self)
{
	yaml_event_t *event = &self->event;
	struct cyaml_event next = {};

	for (;;) {
		yaml_event_delete(event);
		if (!yaml_parser_parse(&self->parser, event))
			return fault(&self->parser);
		if (event->type != YAML_STREAM_START_EVENT && event->type != YAML_DOCUMENT_END_EVENT)
			break;
	}
	next.line = event->start_mark.line + 1;
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		next.kind = CYAML_DOCUMENT;
		break;
	case YAML_SCALAR_EVENT:
		next.kind = CYAML_SCALAR;
		next.text = (const char *)event->data.scalar.value;
		next.length = event->data.scalar.length;
		next.plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
		next.anchored = event->data.scalar.anchor;
		next.tagged = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		next.kind = CYAML_SEQUENCE;
		next.anchored = event->data.sequence_start.anchor;
		next.tagged = event->data.sequence_start.tag;
		break;
	case YAML_SEQUENCE_END_EVENT:
		next.kind = CYAML_SEQUENCE_END;
		break;
	case YAML_MAPPING_START_EVENT:
		next.kind = CYAML_MAPPING;
		next.anchored = event->data.mapping_start.anchor;
		next.tagged = event->data.mapping_start.tag;
		break;
	case YAML_MAPPING_END_EVENT:
		next.kind = CYAML_MAPPING_END;
		break;
	case YAML_ALIAS_EVENT:
		next.kind = CYAML_ALIAS;
		break;
	default:
		next.kind = CYAML_END;
		break;
	}
	return next;
}
