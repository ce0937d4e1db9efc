# shellcheck shell=bash disable=SC2154
# run.json: what runs, for scripts and for the page. Needs `class`, `conf`; processes.sh.

# The figures of the class certificate, as a JSON object. The two hashes are what AT%CMNG=1 shows:
# of the PEM text with its final newline, and without.
run_certificate() {
	local file=$class/certs/server.pem der pem hash trimmed
	der=$(openssl x509 -in "$file" -outform DER | wc -c)
	pem=$(openssl x509 -in "$file" | wc -c)
	hash=$(openssl x509 -in "$file" | sha256sum | cut -d' ' -f1)
	trimmed=$(printf %s "$(openssl x509 -in "$file")" | sha256sum | cut -d' ' -f1)
	jq -n --arg file "$file" --argjson der "$der" --argjson pem "$pem" --arg hash "$hash" --arg trimmed "$trimmed" \
		--arg until "$(date -u -d "$(openssl x509 -in "$file" -noout -enddate | cut -d= -f2)" +%FT%TZ)" \
		'{file: $file, der_bytes: $der, pem_bytes: $pem, sha256_pem: $hash, sha256_pem_trimmed: $trimmed, not_after: $until}'
}

run_listeners() {
	"$conf" listeners "$class" | jq -R -n '[inputs | split("\t") |
		{name: .[0], port: (.[1] | tonumber), profile: .[3], tls: (.[4] == "tls"), protocol: .[5]}
		+ (if .[2] == "*" then {} else {bind: .[2]} end)
		+ (if .[6] == "-" then {} else {exercise: .[6]} end)]'
}

# run_write BROKER_PID VERSION [PAGE_PID PAGE_URL]: the whole file, put in place by rename. Its listeners are
# `listeners`, where that is set, else class.json's.
run_write() {
	local draft=$class/.run.json.new domain tag
	domain=$("$conf" facts "$class" | sed -n 's/^domain=//p')
	tag=$("$conf" facts "$class" | sed -n 's/^tag=//p')
	jq -n --arg class "$class" --arg domain "$domain" --argjson tag "$tag" --argjson pid "$1" --arg version "$2" \
		--argjson listeners "${listeners:-$(run_listeners)}" --argjson certificate "$(run_certificate)" \
		--arg page_pid "${3:-}" --arg page_url "${4:-}" '
		{v: 1, class: $class, domain: $domain, tag: $tag, broker: {pid: $pid, version: $version}}
		+ (if $page_pid == "" then {} else {page: {pid: ($page_pid | tonumber), url: $page_url}} end)
		+ {listeners: $listeners, certificate: $certificate, journal: ($class + "/journal.jsonl")}' >"$draft" &&
		chmod 644 "$draft" && mv "$draft" "$class/run.json"
}
