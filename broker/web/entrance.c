#include "entrance.h"

#include <stdio.h>
#include <string.h>

#include "download.h"
#include "publicfile.h"

void entrance_ask(const struct request *rq, int status, struct answer *a)
{
	download_asset(rq, "enter.html", a);
	a->status = status;
	a->etag[0] = '\0';
}

void entrance_get_app(struct page *p, const struct request *rq, const char *rest, struct answer *a)
{
	(void)p;
	(void)rest;
	download_asset(rq, "index.html", a);
}

/* Lax: a link is followed from a course's site or a mail on the web, and what it redirects to must
 * know the cookie; nothing here changes anything. */
static void set_cookie(struct page *p, const struct request *rq, const struct audience *who,
		       struct answer *a)
{
	char value[256];

	access_cookie(&p->access, who, value, sizeof(value));
	snprintf(a->cookie, sizeof(a->cookie),
		 "doorstep=%s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%d%s", value, 14 * 24 * 3600,
		 rq->https ? "; Secure" : "");
}

/* The class, or the way in: with the teacher's token. */
void entrance_get_home(struct page *p, const struct request *rq, const char *rest, struct answer *a)
{
	const char *token = request_arg(rq, "token");
	struct audience who = {AUDIENCE_TEACHER, ""};

	(void)rest;
	if (*p->access.token && token) {
		if (access_is_token(&p->access, token)) {
			set_cookie(p, rq, &who, a);
			answer_redirect(a, "/");
			return;
		}
		entrance_ask(rq, 403, a);
		return;
	}
	if (rq->who.role == AUDIENCE_NONE) {
		entrance_ask(rq, 401, a);
		return;
	}
	entrance_get_app(p, rq, rest, a);
}

/* A seat's own page, or a student's way in: with the key of its link. */
void entrance_get_seat(struct page *p, const struct request *rq, const char *rest, struct answer *a)
{
	const char *key = request_arg(rq, "key");
	struct audience who = {AUDIENCE_STUDENT, ""};
	char to[sizeof(a->location)];

	if (!publicfile_name_ok(rest) || strlen(rest) >= sizeof(who.seat)) {
		answer_plain(a, 404, "that is no seat's label\n");
		return;
	}
	if (*p->access.token && key) {
		if (!access_is_seat_key(&p->access, rest, key)) {
			answer_plain(a, 403,
				     "this link is not of this class: ask for your seat's link\n");
			return;
		}
		snprintf(who.seat, sizeof(who.seat), "%s", rest);
		if (rq->who.role != AUDIENCE_TEACHER)
			set_cookie(p, rq, &who, a);
		snprintf(to, sizeof(to), "/seat/%s", rest);
		answer_redirect(a, to);
		return;
	}
	if (rq->who.role == AUDIENCE_NONE) {
		entrance_ask(rq, 401, a);
		return;
	}
	if (rq->who.role == AUDIENCE_STUDENT && strcmp(rq->who.seat, rest) != 0 &&
	    p->dir.others == OTHERS_NONE) {
		answer_plain(a, 403, "your link is of another seat\n");
		return;
	}
	entrance_get_app(p, rq, rest, a);
}
