/* SPDX-License-Identifier: Apache-2.0 */
#include "CPage.h"

static const unsigned char html[] = {
#embed "page.html"
};

static const unsigned char css[] = {
#embed "page.css"
};

static const unsigned char svg[] = {
#embed "page.svg"
};

/* What others stand on comes first. */
static const unsigned char js[] = {
#embed "script/openmetrics.js" suffix(, )
#embed "script/scrape.js" suffix(, )
#embed "script/history.js" suffix(, )
#embed "script/figures.js" suffix(, )
#embed "script/elements.js" suffix(, )
#embed "script/address.js" suffix(, )
#embed "script/scraper.js" suffix(, )
#embed "script/charts/palette.js" suffix(, )
#embed "script/charts/plot.js" suffix(, )
#embed "script/charts/line-chart.js" suffix(, )
#embed "script/charts/heat-map.js" suffix(, )
#embed "script/table.js" suffix(, )
#embed "script/collectors.js" suffix(, )
#embed "script/cards.js" suffix(, )
#embed "script/views/view.js" suffix(, )
#embed "script/views/energy.js" suffix(, )
#embed "script/views/consumers.js" suffix(, )
#embed "script/views/traffic.js" suffix(, )
#embed "script/views/latency.js" suffix(, )
#embed "script/views/metrics.js" suffix(, )
#embed "script/views/own-cost.js" suffix(, )
#embed "script/views/overview.js" suffix(, )
#embed "script/main.js" suffix(, )
};

struct page_file page_html(void)
{
	return (struct page_file){html, sizeof html};
}

struct page_file page_css(void)
{
	return (struct page_file){css, sizeof css};
}

struct page_file page_js(void)
{
	return (struct page_file){js, sizeof js};
}

struct page_file page_svg(void)
{
	return (struct page_file){svg, sizeof svg};
}
