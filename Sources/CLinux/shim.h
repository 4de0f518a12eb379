#pragma once
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
