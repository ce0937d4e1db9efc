#include "rules.h"

#include <string.h>

bool address_is_loopback(const char *address)
{
	return address && (strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0);
}

bool listener_is_loopback(const struct listener *listener)
{
	return !listener->tls && address_is_loopback(listener->bind);
}

/* Does a filter match a topic; or, where the topic is a filter itself, cover it? */
static bool filter_covers(const char *filter, const char *topic)
{
	for (;;) {
		size_t f = strcspn(filter, "/"), t = strcspn(topic, "/");

		if (f == 1 && *filter == '#')
			return true;
		if (t == 1 && *topic == '#')
			return false;
		if (f == 1 && *filter == '+' ? false : f != t || memcmp(filter, topic, f) != 0)
			return false;
		filter += f;
		topic += t;
		if (!*filter && !*topic)
			return true;
		/* "a/#" is about "a", too */
		if (!*topic)
			return strcmp(filter, "/#") == 0;
		if (!*filter)
			return false;
		filter++;
		topic++;
	}
}

/* Is the first level exactly this word? Returns what follows its slash, "" at the end, or NULL. */
static const char *below(const char *topic, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(topic, word, len) != 0 || (topic[len] && topic[len] != '/'))
		return NULL;
	return topic[len] ? topic + len + 1 : topic + len;
}

static bool is_label_of(const char *level, const struct seat *seat)
{
	size_t len = strcspn(level, "/");

	return seat && strlen(seat->label) == len && memcmp(seat->label, level, len) == 0;
}

static bool is_granted(const char *topic, const struct seat *seat)
{
	for (size_t i = 0; seat && i < seat->topics.n; i++)
		if (filter_covers(seat->topics.v[i], topic))
			return true;
	return false;
}

static const char *unshared(const char *filter)
{
	const char *group = below(filter, "$share");
	const char *slash = group ? strchr(group, '/') : NULL;

	return slash ? slash + 1 : filter;
}

bool topic_is_doorstep(enum acl acl, const char *topic)
{
	return below(acl == ACL_SUBSCRIBE ? unshared(topic) : topic, "doorstep") != NULL;
}

static bool topic_allowed(const struct listener *listener, const struct seat *seat, enum acl acl,
			  const char *topic)
{
	bool loopback = listener_is_loopback(listener);
	bool all = loopback || (seat && seat->role == ROLE_TEACHER);
	const char *level;

	if (below(topic, "doorstep") || below(topic, "$SYS"))
		return acl != ACL_WRITE && all;
	/* other plugins are commanded there: being a teacher, or saying so, is no right to that */
	if (below(topic, "$CONTROL"))
		return loopback;
	level = below(topic, "class");
	if (all || !level || is_label_of(level, seat))
		return true;
	/* a wide filter: each message is judged when it is read */
	if (acl == ACL_SUBSCRIBE && (*level == '#' || *level == '+'))
		return true;
	return is_granted(topic, seat);
}

enum reason_id rules_topic(const struct listener *listener, const struct seat *seat, enum acl acl,
			   const char *topic)
{
	if (acl == ACL_SUBSCRIBE)
		topic = unshared(topic);
	if (topic_allowed(listener, seat, acl, topic))
		return REASON_NONE;
	return acl == ACL_WRITE ? REASON_PUBLISH_DENIED : REASON_SUBSCRIBE_DENIED;
}
