/**
 * A server's certificate for `localhost` and nothing else, signed by itself, until 2126. Its key is no secret: nobody
 * trusts it but tests. `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500
 * -subj /CN=localhost -addext subjectAltName=DNS:localhost`
 */
export const forLocalhost = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgIbmWg1WPFm/4ucIV
unj7tyRwrfrY+W+wtHsCd5E1ctChRANCAARHNWBrQSZb6orSeJLL1UdMf8EzA11U
6ya6cM7gm7oRL17+u0pBEjuMfyCAQ1jJbKSvRLwm3Z6C7WH8PCo9eo76
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBlDCCATugAwIBAgIUUw8ZSXkCmfx6yRpkGEulCPd6bMwwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyODIwMDc1MloYDzIxMjYxMTA0
MjAwNzUyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARHNWBrQSZb6orSeJLL1UdMf8EzA11U6ya6cM7gm7oRL17+u0pBEjuM
fyCAQ1jJbKSvRLwm3Z6C7WH8PCo9eo76o2kwZzAdBgNVHQ4EFgQUw+YJ0ElfeKeN
U8bMZyWQQyUXvCwwHwYDVR0jBBgwFoAUw+YJ0ElfeKeNU8bMZyWQQyUXvCwwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
RwAwRAIgEPkgacuEUv6kp6OCPgPS48qmg3P2X4reJ/qivLp7uCcCIDUQH2VcDWIF
kpGYfHykxoVvx5acDjbu9dV4unDg7DFu
-----END CERTIFICATE-----`,
};
