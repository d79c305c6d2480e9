/* Times a kernel. Standard input has one block of every channel as raw doubles, then commands: a line with a number of
 * blocks runs the kernel on the block that many times, its state kept, and answers with nanoseconds per sample, the bytes
 * of memory that the process holds beyond what it held before the first block, the most that it ever held, and the output
 * of the last block. A kernel is a translation unit of its own, so that no call of it can be optimised away. */
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern const int inputs;
void process(const double *const *in, double *out, long frames);

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

/* Bytes resident now, or with "VmHWM:" the most so far; 0 where the system does not tell. */
static long status_bytes(const char *field) {
    char line[256];
    long kibibytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    if (!status) return 0;
    while (fgets(line, sizeof line, status))
        if (!strncmp(line, field, strlen(field))) kibibytes = atol(line + strlen(field));
    fclose(status);
    return 1024 * kibibytes;
}

int main(int argc, char **argv) {
    long frames = argc > 1 ? atol(argv[1]) : 0;
    if (frames <= 0) return 2;
    const double *in[8] = {0};
    double *out = calloc((size_t)frames, sizeof(double));
    if (!out || inputs > 8) return 1;
    for (int n = 0; n < inputs; n++) {
        double *channel = malloc((size_t)frames * sizeof(double));
        if (!channel || fread(channel, sizeof(double), (size_t)frames, stdin) != (size_t)frames) return 1;
        in[n] = channel;
    }
    long before = status_bytes("VmRSS:");
    long blocks;
    while (scanf("%ld", &blocks) == 1) {
        double begin = now_ns();
        for (long n = 0; n < blocks; n++) process(in, out, frames);
        double end = now_ns();
        long held = status_bytes("VmRSS:") - before;
        printf("%.17g %ld %ld", (end - begin) / (double)blocks / (double)frames, held > 0 ? held : 0, status_bytes("VmHWM:"));
        for (long n = 0; n < frames; n++) printf(" %.17g", out[n]);
        printf("\n");
        fflush(stdout);
    }
    return 0;
}
