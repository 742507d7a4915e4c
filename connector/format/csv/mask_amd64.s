//go:build !purego

#include "textflag.h"

// func maskBlocks(dst *uint64, src *byte, blocks int, delim, quote byte, inside uint64) (after uint64, feeds int)
//
// All instructions on vectors are in VEX form: a single legacy one among them costs a
// switch of the register file's state in every block.
TEXT ·maskBlocks(SB), NOSPLIT, $0-56
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ blocks+16(FP), CX
	VPBROADCASTB delim+24(FP), Y10
	VPBROADCASTB quote+25(FP), Y11
	MOVQ inside+32(FP), R12
	MOVQ $0x0a, AX
	VMOVQ AX, X0
	VPBROADCASTB X0, Y12
	VPCMPEQB Y13, Y13, Y13 // all ones: multiplying by it without carries is a prefix xor
	XORQ DX, DX
	TESTQ CX, CX
	JE done

block:
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1
	VPCMPEQB Y0, Y11, Y2
	VPCMPEQB Y1, Y11, Y3
	VPCMPEQB Y0, Y12, Y6
	VPCMPEQB Y1, Y12, Y7
	VPCMPEQB Y0, Y10, Y4
	VPCMPEQB Y1, Y10, Y5
	VPMOVMSKB Y2, R8
	VPMOVMSKB Y3, R9
	VPMOVMSKB Y6, AX
	VPMOVMSKB Y7, BX
	VPMOVMSKB Y4, R10
	VPMOVMSKB Y5, R11
	SHLQ $32, R9
	SHLQ $32, BX
	SHLQ $32, R11
	ORQ R9, R8   // quotes
	ORQ BX, AX   // line feeds
	ORQ R11, R10 // delimiters
	MOVQ R12, R13
	TESTQ R8, R8
	JE clear
	VMOVQ R8, X8
	VPCLMULQDQ $0, X13, X8, X8
	VMOVQ X8, R13
	XORQ R12, R13
	MOVQ R13, R12
	SARQ $63, R12

clear:
	ANDNQ AX, R13, AX
	ANDNQ R10, R13, R10
	ORQ AX, R10
	POPCNTQ AX, AX
	ADDQ AX, DX
	MOVQ R10, (DI)
	ADDQ $64, SI
	ADDQ $8, DI
	DECQ CX
	JNE block

done:
	VZEROUPPER
	MOVQ R12, after+40(FP)
	MOVQ DX, feeds+48(FP)
	RET

// func listMasks(dst *uint32, masks *uint64, n int, base uint32) (count int)
//
// Eight offsets are stored for every mask, set or not: counting is cheaper than deciding.
TEXT ·listMasks(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ masks+8(FP), SI
	MOVQ n+16(FP), CX
	MOVL base+24(FP), R8
	MOVQ DI, R11
	TESTQ CX, CX
	JE listed

mask:
	MOVQ (SI), AX
	POPCNTQ AX, BX
	MOVQ DI, R10

eight:
	TZCNTQ AX, R9
	ADDL R8, R9
	MOVL R9, 0(R10)
	BLSRQ AX, AX
	TZCNTQ AX, R9
	ADDL R8, R9
	MOVL R9, 4(R10)
	BLSRQ AX, AX
	TZCNTQ AX, R9
	ADDL R8, R9
	MOVL R9, 8(R10)
	BLSRQ AX, AX
	TZCNTQ AX, R9
	ADDL R8, R9
	MOVL R9, 12(R10)
	BLSRQ AX, AX
	TZCNTQ AX, R9
	ADDL R8, R9
	MOVL R9, 16(R10)
	BLSRQ AX, AX
	TZCNTQ AX, R9
	ADDL R8, R9
	MOVL R9, 20(R10)
	BLSRQ AX, AX
	TZCNTQ AX, R9
	ADDL R8, R9
	MOVL R9, 24(R10)
	BLSRQ AX, AX
	TZCNTQ AX, R9
	ADDL R8, R9
	MOVL R9, 28(R10)
	BLSRQ AX, AX
	ADDQ $32, R10
	TESTQ AX, AX
	JNE eight
	LEAQ (DI)(BX*4), DI
	ADDQ $8, SI
	ADDL $64, R8
	DECQ CX
	JNE mask

listed:
	SUBQ R11, DI
	SHRQ $2, DI
	MOVQ DI, count+32(FP)
	RET
