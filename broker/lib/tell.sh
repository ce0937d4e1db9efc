# shellcheck shell=bash disable=SC2154
# What people want to know of a running class: where things are, and what to do next.
# Needs `class`, processes.sh (run_value).

# Does the name lead anywhere, seen from here? Boards look it up in public DNS.
tell_names() {
	local domain seat
	domain=$(run_value .domain)
	[ "$domain" != localhost ] || return 0
	seat=$(jq -r '.seats[0].host // empty' "$class/seats.json" 2>/dev/null)
	if ! getent ahosts "$domain" >/dev/null; then
		printf '\n  %s does not resolve: boards will not find this broker. Make an A record for it and for\n' "$domain"
		printf '  *.%s (A only: no AAAA unless boards have IPv6), or use a name of a public wildcard\n' "$domain"
		printf '  resolver for a new class, as in: broker/up --class DIR --host 203-0-113-7.sslip.io\n'
	elif [ -n "$seat" ] && ! getent ahosts "$seat" >/dev/null; then
		printf '\n  %s resolves, %s does not: make an A record for *.%s too, or let boards connect to\n' \
			"$domain" "$seat" "$domain"
		printf '  %s and be known by their client ids\n' "$domain"
	fi
}

# A hash in lines is easier to compare by eye: 64 digits as they stand on the modem's terminal.
tell_class() {
	local name port profile tls protocol bind domain tag seats pem exports
	domain=$(run_value .domain)
	tag=$(run_value .tag)
	seats=$(jq '.seats | length' "$class/seats.json" 2>/dev/null)
	printf '\nDoorstep runs: %s, %s seats, Mosquitto %s (pid %s)\n\n' "$domain" "${seats:-0}" \
		"$(run_value .broker.version)" "$(run_value .broker.pid)"
	while IFS=$'\t' read -r name port profile tls protocol bind; do
		printf '  %-12s %s:%s  %s%s, profile %s\n' "$name" "${bind:-$domain}" "$port" \
			"$([ "$protocol" = mqtt ] && echo MQTT || echo WebSockets)" "$([ "$tls" = true ] && echo ' over TLS')" "$profile"
	done < <(jq -r '.listeners[] | [.name, .port, .profile, .tls, .protocol, (.bind // "")] | @tsv' "$class/run.json")
	[ -z "$(run_value .page.url)" ] || printf '  %-12s %s\n' page "$(run_value .page.url)"

	pem=$(run_value .certificate.file)
	printf '\nIts certificate: %s\n' "$pem"
	printf '  %s bytes in the handshake (a modem takes 4,096), %s bytes of text in a tag, until %s\n' \
		"$(run_value .certificate.der_bytes)" "$(run_value .certificate.pem_bytes)" \
		"$(run_value .certificate.not_after | cut -c1-10)"
	printf '  AT%%CMNG=1,%s,0 shows  %s\n' "$tag" "$(run_value .certificate.sha256_pem | tr a-f A-F)"
	printf '  or, without the final newline, %s\n' "$(run_value .certificate.sha256_pem_trimmed | tr a-f A-F)"

	exports=$class/exports/public/$(jq -r '.seats[0].label // empty' "$class/seats.json" 2>/dev/null)
	printf '\nNext: store it on a board (in firmware such as at_client)\n'
	printf '  AT+CFUN=4\n  AT%%CMNG=0,%s,0,"<the text of server.pem>"\n  AT%%CMNG=1,%s,0\n  AT+CFUN=1\n' "$tag" "$tag"
	[ ! -d "$exports" ] || printf '  each seat has these lines ready, with more, in %s\n' "$(dirname "$exports")/"
	printf 'and let it connect to %s:%s. Then see who came, and why not:\n' "$domain" \
		"$(jq -r '.listeners[0].port' "$class/run.json")"
	printf '  %q --class %q\n' "${why:-$build/bin/doorstep-why}" "$class"
	tell_names
	printf '\n'
}

# Has anyone come from outside? Loopback, private and carrier-internal addresses do not count.
tell_outside() {
	cat "$class"/journal.jsonl "$class"/journal.jsonl.[0-9]* 2>/dev/null |
		jq -R -r 'fromjson? | select(.kind == "visit") | .peer // empty' 2>/dev/null |
		grep -qvE '^(127\.|10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|\[?(::1|fe80:|f[cd][0-9a-f]{2}:|::ffff:(127|10|192\.168)\.))'
}
