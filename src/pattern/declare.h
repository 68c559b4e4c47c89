/*
 * Constraints on a trace, as the language Declare has them (Pesic and van der
 * Aalst): how often a trace violates each. A constraint holds where it is not
 * violated.
 *
 *   existence       activity happens at least so many times
 *                   violations: the times that are missing
 *   absence         it happens fewer than so many times
 *                   violations: the times beyond
 *   response        each source is eventually followed by a target
 *   precedence      each target has a source somewhere before it
 *   succession      both
 *   chain response  each source is directly followed by a target; a break
 *                   (trace.h) is in the way
 *                   violations: the events that should be, and are not
 *
 * An event does not follow or precede itself.
 */
#ifndef TM_DECLARE_H
#define TM_DECLARE_H

#include "trace/trace.h"

extern uint32 declare_existence(const Trace *trace, Label activity, uint32 times);
extern uint32 declare_absence(const Trace *trace, Label activity, uint32 times);
extern uint32 declare_response(const Trace *trace, Label source, Label target);
extern uint32 declare_precedence(const Trace *trace, Label source, Label target);
extern uint32 declare_succession(const Trace *trace, Label source, Label target);
extern uint32 declare_chain_response(const Trace *trace, Label source, Label target);

#endif
