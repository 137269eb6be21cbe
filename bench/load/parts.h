/* The parts of the load generator, each in a file of its name. */
#ifndef TALK_H
#define TALK_H
void talk(void);
void idle(void);
void fire(void);
void answer(void);
void catch_up(void);
void join(void);
void sites(void);
#endif
