/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The user registers that a uprobe sees, and the arguments of a C function in them. Written out because the kernel's own
 * headers want BTF, or are of the building machine and not of the board. Layouts: arch/x86/include/uapi/asm/ptrace.h and
 * arch/arm64/include/uapi/asm/ptrace.h; arguments: System V AMD64 ABI 3.2.3 and AAPCS64 6.8.2.
 */
#ifndef FULCRUM_REGISTERS_H
#define FULCRUM_REGISTERS_H

#if defined(__TARGET_ARCH_x86)

struct registers {
    __u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

#define ARGUMENT_1(registers) ((registers)->di)
#define ARGUMENT_2(registers) ((registers)->si)
#define ARGUMENT_3(registers) ((registers)->dx)
#define ARGUMENT_4(registers) ((registers)->cx)
/* At the first instruction the return address lies at sp, and the seventh argument behind it. */
#define ADDRESS_OF_ARGUMENT_9(registers) ((registers)->sp + 24)
#define RESULT(registers) ((__s32)(registers)->ax)

#elif defined(__TARGET_ARCH_arm64)

struct registers {
    __u64 x[31], sp, pc, pstate;
};

#define ARGUMENT_1(registers) ((registers)->x[0])
#define ARGUMENT_2(registers) ((registers)->x[1])
#define ARGUMENT_3(registers) ((registers)->x[2])
#define ARGUMENT_4(registers) ((registers)->x[3])
#define ADDRESS_OF_ARGUMENT_9(registers) ((registers)->sp)
#define RESULT(registers) ((__s32)(registers)->x[0])

#else
#error "Say for which machine: -D__TARGET_ARCH_x86 or -D__TARGET_ARCH_arm64."
#endif

#endif
