// SPDX-License-Identifier: Apache-2.0
/* Loads that make interrupts: hardware ones by the disk, software ones by the network. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include "loads.h"

void datagrams(long count)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int endpoint = socket(AF_INET, SOCK_DGRAM, 0);
	char byte = 0;

	check(endpoint >= 0 && bind(endpoint, (struct sockaddr *)&address, length) == 0 &&
		      getsockname(endpoint, (struct sockaddr *)&address, &length) == 0 &&
		      connect(endpoint, (struct sockaddr *)&address, length) == 0,
	      "socket");
	ready();
	for (long i = 0; i < count; i++)
		check(send(endpoint, &byte, 1, 0) == 1 && recv(endpoint, &byte, 1, 0) == 1, "datagram");
	finish();
}

void disk_writes(long count)
{
	static const char block[4096];
	int file = open(".", O_TMPFILE | O_RDWR, 0600);

	check(file >= 0, "O_TMPFILE");
	ready();
	for (long i = 0; i < count; i++)
		check(pwrite(file, block, sizeof(block), 0) == sizeof(block) && fdatasync(file) == 0, "write");
	finish();
}
