/* SPDX-License-Identifier: BSD-3-Clause */
/* order.h - which packets of a stream have come: new, late, or again.
 *
 * Invariant: bit (index % 256) of 'seen' says whether that packet came, for the 256 up to 'top'.
 * Threads:   one.
 * Ownership: embedded.
 * Units:     packet index, ROC << 16 | sequence number; signed, as before the first is -1.
 * Errors:    ORDER_OLD: too far back to tell late from again.
 * Cost:      hot: no calls; a gap costs a step for each missing packet, 256 at most.
 */
#ifndef ORDER_H
#define ORDER_H

#include <stdint.h>
#include <string.h>

enum { ORDER_WINDOW = 256 };

enum order_verdict { ORDER_NEW, ORDER_LATE, ORDER_AGAIN, ORDER_OLD };

struct order {
	int64_t top;
	uint64_t seen[ORDER_WINDOW / 64];
};

/* Before the first packet; what lies before it counts as come. */
static inline void order_init(struct order *o, int64_t first)
{
	o->top = first - 1;
	memset(o->seen, 0xff, sizeof(o->seen));
}

/* RFC 3711 3.3.1, by signed distance. */
static inline int64_t order_index(const struct order *o, uint16_t seq)
{
	return o->top + (int16_t)(uint16_t)(seq - (uint16_t)(uint64_t)o->top);
}

static inline uint64_t order_bit(int64_t index)
{
	return UINT64_C(1) << ((uint64_t)index % 64);
}

static inline uint64_t *order_word(struct order *o, int64_t index)
{
	return &o->seen[(uint64_t)index % ORDER_WINDOW / 64];
}

static inline enum order_verdict order_see(struct order *o, int64_t index)
{
	if (index > o->top) {
		if (index - o->top >= ORDER_WINDOW)
			memset(o->seen, 0, sizeof(o->seen));
		else
			for (int64_t i = o->top + 1; i < index; i++)
				*order_word(o, i) &= ~order_bit(i);
		*order_word(o, index) |= order_bit(index);
		o->top = index;
		return ORDER_NEW;
	}
	if (o->top - index >= ORDER_WINDOW)
		return ORDER_OLD;
	if ((*order_word(o, index) & order_bit(index)) != 0)
		return ORDER_AGAIN;
	*order_word(o, index) |= order_bit(index);
	return ORDER_LATE;
}

#endif
