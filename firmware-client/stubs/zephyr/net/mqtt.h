/* Stub: see README.md. */
#ifndef STUB_ZEPHYR_MQTT_H
#define STUB_ZEPHYR_MQTT_H

#include <stddef.h>
#include <stdint.h>
#include <zephyr/net/tls_credentials.h>

enum mqtt_version {
	MQTT_VERSION_3_1_0 = 3,
	MQTT_VERSION_3_1_1 = 4,
};

enum mqtt_qos {
	MQTT_QOS_0_AT_MOST_ONCE = 0,
	MQTT_QOS_1_AT_LEAST_ONCE = 1,
};

enum mqtt_suback_return_code {
	MQTT_SUBACK_FAILURE = 0x80
};

enum mqtt_evt_type {
	MQTT_EVT_CONNACK,
	MQTT_EVT_DISCONNECT,
	MQTT_EVT_PUBLISH,
	MQTT_EVT_PUBACK,
	MQTT_EVT_SUBACK,
	MQTT_EVT_PINGRESP,
};

struct mqtt_utf8 {
	const uint8_t *utf8;
	uint32_t size;
};

struct mqtt_binstr {
	uint8_t *data;
	uint32_t len;
};

struct mqtt_topic {
	struct mqtt_utf8 topic;
	uint8_t qos;
};

struct mqtt_publish_message {
	struct mqtt_topic topic;
	struct mqtt_binstr payload;
};

struct mqtt_connack_param {
	uint8_t session_present_flag;
	uint8_t return_code;
};

struct mqtt_puback_param {
	uint16_t message_id;
};

struct mqtt_suback_param {
	uint16_t message_id;
	struct mqtt_binstr return_codes;
};

struct mqtt_publish_param {
	struct mqtt_publish_message message;
	uint16_t message_id;
	uint8_t dup_flag : 1;
	uint8_t retain_flag : 1;
};

struct mqtt_subscription_list {
	struct mqtt_topic *list;
	uint16_t list_count;
	uint16_t message_id;
};

struct mqtt_disconnect_param {
	int stub;
};

union mqtt_evt_param {
	struct mqtt_connack_param connack;
	struct mqtt_publish_param publish;
	struct mqtt_puback_param puback;
	struct mqtt_suback_param suback;
};

struct mqtt_evt {
	enum mqtt_evt_type type;
	union mqtt_evt_param param;
	int result;
};

struct mqtt_client;
typedef void (*mqtt_evt_cb_t)(struct mqtt_client *client, const struct mqtt_evt *evt);

struct mqtt_sec_config {
	int peer_verify;
	uint32_t cipher_count;
	const int *cipher_list;
	uint32_t sec_tag_count;
	const sec_tag_t *sec_tag_list;
	const char *hostname;
	int cert_nocopy;
#ifdef STUB_NCS
	int session_cache; /* the SDK's own Zephyr has this, and set_native_tls */
#endif
};

enum mqtt_transport_type {
	MQTT_TRANSPORT_NON_SECURE,
	MQTT_TRANSPORT_SECURE,
};

struct mqtt_transport {
	enum mqtt_transport_type type;
	union {
		struct {
			int sock;
		} tcp;
		struct {
			int sock;
			struct mqtt_sec_config config;
		} tls;
	};
};

struct mqtt_client {
	struct mqtt_transport transport;
	struct mqtt_utf8 client_id;
	const void *broker;
	struct mqtt_utf8 *user_name;
	struct mqtt_utf8 *password;
	mqtt_evt_cb_t evt_cb;
	uint8_t *rx_buf;
	uint32_t rx_buf_size;
	uint8_t *tx_buf;
	uint32_t tx_buf_size;
	uint16_t keepalive;
	uint8_t protocol_version;
};

void mqtt_client_init(struct mqtt_client *client);
int mqtt_connect(struct mqtt_client *client);
int mqtt_publish(struct mqtt_client *client, const struct mqtt_publish_param *param);
int mqtt_publish_qos1_ack(struct mqtt_client *client, const struct mqtt_puback_param *param);
int mqtt_subscribe(struct mqtt_client *client, const struct mqtt_subscription_list *param);
#ifdef STUB_DISCONNECT_ONE_ARGUMENT
int mqtt_disconnect(struct mqtt_client *client);
#else
int mqtt_disconnect(struct mqtt_client *client, const struct mqtt_disconnect_param *param);
#endif
int mqtt_abort(struct mqtt_client *client);
int mqtt_live(struct mqtt_client *client);
int mqtt_keepalive_time_left(const struct mqtt_client *client);
int mqtt_input(struct mqtt_client *client);
int mqtt_read_publish_payload_blocking(struct mqtt_client *client, void *buffer, size_t length);

#endif
